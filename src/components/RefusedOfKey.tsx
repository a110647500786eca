import { LoadingPlaceholder, Stack, Text, TextLink } from '@grafana/ui';
import React, { useMemo } from 'react';
import type { Key } from '../api/types';
import { useHost } from '../host';
import { t } from '../i18n';
import { DenialTable } from './DenialTable';
import { Failure } from './Failure';
import { linkTo } from './links';
import { useDenials } from './useDenials';

/** How many are shown here; the page of refused requests has all of them. */
const SHOWN = 5;

/** The requests with a key that were refused last, as it happens. */
export const RefusedOfKey = ({ target: key, onFixed }: { target: Key; onFixed: () => void }) => {
  const { href } = useHost();
  const { denials, error, readMore, reload } = useDenials(
    useMemo(() => ({ keyId: key.id }), [key.id]),
    { limit: SHOWN, follow: false }
  );
  if (!denials) {
    return error && !error.temporary ? (
      <Failure error={error} what={t('refused.failed', 'The refused requests could not be read')} onRetry={reload} />
    ) : (
      <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
    );
  }
  if (!denials.length) {
    return <Text color="secondary">{t('refused.none-of-key', 'None in the last 7 days.')}</Text>;
  }
  return (
    <Stack direction="column" gap={1} alignItems="stretch">
      <DenialTable denials={denials.slice(0, SHOWN)} ofKey onFixed={onFixed} />
      {(denials.length > SHOWN || readMore) && (
        <div>
          <TextLink href={linkTo(href, 'refused', { keyId: key.id })}>
            {t('refused.all-of-key', 'All that were refused')}
          </TextLink>
        </div>
      )}
    </Stack>
  );
};
