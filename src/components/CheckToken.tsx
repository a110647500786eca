import React, { lazy, Suspense, useCallback, useState } from 'react';
import { t } from '../i18n';
import { useIsKnown } from './Caller';
import { HeadButton } from './HeadButton';
import { Shortcuts } from './Shortcuts';

const VerifyDialog = lazy(async () => ({ default: (await import('./VerifyDialog')).VerifyDialog }));

/** The button by which a token can be checked from every page, with its dialog, and the keys that work everywhere. */
export const CheckToken = () => {
  const [open, setOpen] = useState(false);
  const known = useIsKnown();
  const check = useCallback(() => setOpen(true), []);
  if (!known) {
    return null; // a page that says that it is being loaded, or cannot be
  }
  return (
    <>
      <HeadButton icon="key-skeleton-alt" text={t('verify.title', 'Check a token')} onClick={check} />
      <Shortcuts onCheck={check} />
      {open && (
        <Suspense fallback={null}>
          <VerifyDialog onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
};
