import type { KeyClient } from '../api/types';
import { t } from '../i18n';

/** What became of a client's last request behind the gate, where it was not served: a sentence with its status. */
export const faultOf = ({ endpoint, fault }: Pick<KeyClient, 'endpoint' | 'fault'>): string =>
  fault ? t('fault.answered', 'The program behind {{endpoint}} answered {{fault}}.', { endpoint, fault }) : '';

/** What to do about it, in a sentence; empty if there is nothing that is known to help. */
export function faultStep(fault: number): string {
  if (fault === 401 || fault === 403) {
    return t(
      'fault.login',
      'It wants a login of its own: set upstream_auth_file for the endpoint, or turn that login off.'
    );
  }
  if (fault === 502 || fault === 504) {
    return t('refused.next.upstream', 'Look whether the program behind the endpoint runs.');
  }
  return fault >= 500
    ? t('fault.log', 'Its own log says why.')
    : t('fault.request', 'Compare what the client sends with what the program takes.');
}
