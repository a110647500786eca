import { EventBusSrv } from '@grafana/data';

/** Where the pages report what Grafana would show in its corner. */
export const events = new EventBusSrv();
