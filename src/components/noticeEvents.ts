import { t } from '../i18n';

/** What a notice is about, in a few words; one that is newer than this page appears as the server calls it. */
export function eventName(event: string): string {
  const names: Record<string, string> = {
    'key.ending': t('notice.key-ending', 'Key ends soon'),
    'key.ended': t('notice.key-ended', 'Key has ended'),
    'key.expired_in_use': t('notice.key-expired-in-use', 'Expired and still used'),
    'key.replaced_in_use': t('notice.key-replaced-in-use', 'Replaced and still used'),
    'key.unused': t('notice.key-unused', 'Unused for long'),
    'key.new_address': t('notice.key-new-address', 'Used from a new address'),
    'key.limited': t('notice.key-limited', 'Limit reached'),
    'key.taken_over': t('notice.key-taken-over', 'First use since it was taken over'),
    'key.admin_created': t('notice.key-admin-created', 'Admin key made'),
    'key.leaked': t('notice.key-leaked', 'Token found in the open'),
    'signin.refused': t('notice.signin-refused', 'Sign-in refused'),
    'gate.closed': t('notice.gate-closed', 'Gate closed'),
    'store.away': t('notice.store-away', 'Store away'),
    'store.full': t('notice.store-full', 'Disk is full'),
    'notice.test': t('notice.test', 'Test'),
  };
  return names[event] ?? event;
}
