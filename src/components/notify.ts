import { AppEvents } from '@grafana/data';
import { getAppEvents } from '@grafana/runtime';

/** Says for a moment that something was done. */
export const notify = (text: string) => getAppEvents().publish({ type: AppEvents.alertSuccess.name, payload: [text] });

/** Says for a moment that something was not done, and why. */
export const notifyFailure = (text: string, why: string) =>
  getAppEvents().publish({ type: AppEvents.alertError.name, payload: [text, why] });
