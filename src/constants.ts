import pluginJson from './plugin.json';

/** The plugin's id, which is part of its URLs and the name of its translations. */
export const PLUGIN_ID = pluginJson.id;
