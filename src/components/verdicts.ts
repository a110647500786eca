import { t } from '../i18n';

/** What a code of the gate means for who looks after keys, and what to do; undefined for one that says it all. */
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
    limited: t('verify.code.limited', 'It asked for more than its limits allow. Raise them, or ask more slowly.'),
    rate_limited: t('verify.code.rate_limited', 'Too many wrong keys came from there. Wait a moment.'),
    held: t('verify.code.held', 'It has expired; its sender is told to come again. Rotate its key soon.'),
    grace: t('verify.code.grace', 'It has expired and is let in for a little longer. Rotate its key.'),
    invalid_request: t('verify.code.invalid_request', 'The request is not one that the gate can judge.'),
  };
  return texts[code];
}
