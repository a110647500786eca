/* The dialogs of keys, which are loaded together: once a key was made, the one that shows its token must be there. */
export { DisableOwnKeyDialog } from './DisableOwnKeyDialog';
export { EndKeyDialog } from './EndKeyDialog';
export { CreateKeyDialog, EditKeyDialog } from './KeyDialogs';
export { RotateKeyDialog } from './RotateKeyDialog';
export { TokenDialog } from './TokenDialog';
