import { Button } from '@grafana/ui';
import React, { lazy, Suspense, useState } from 'react';
import { t } from '../i18n';
import { useIsKnown } from './Caller';

const VerifyDialog = lazy(async () => ({ default: (await import('./VerifyDialog')).VerifyDialog }));

/** The button by which a token can be checked from every page, with its dialog. */
export const CheckToken = () => {
  const [open, setOpen] = useState(false);
  const known = useIsKnown();
  if (!known) {
    return null; // a page that says that it is being loaded, or cannot be
  }
  return (
    <>
      <Button variant="secondary" fill="outline" icon="key-skeleton-alt" onClick={() => setOpen(true)}>
        {t('verify.title', 'Check a token')}
      </Button>
      {open && (
        <Suspense fallback={null}>
          <VerifyDialog onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
};
