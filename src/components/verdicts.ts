import { t } from '../i18n';

/** What a code means for a token, and what to do; undefined for one that says it all. */
export function codeMeaning(code: string): string | undefined {
  const texts: Record<string, string> = {
    invalid_token: t(
      'verify.code.invalid_token',
      'No key has this token: it is unknown, or was not copied as a whole.'
    ),
    disabled: t('verify.code.disabled', 'Its key is disabled. Enable it.'),
    expired: t('verify.code.expired', 'It has expired. Rotate its key.'),
    revoked: t(
      'verify.code.revoked',
      'It was revoked, for good. Create another key, or rotate this one if only the token ended.'
    ),
    forbidden: t(
      'verify.code.forbidden',
      'It works, but not for this: look at the role, the endpoints and the addresses of its key.'
    ),
  };
  return texts[code];
}
