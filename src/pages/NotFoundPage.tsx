import { EmptyState, TextLink } from '@grafana/ui';
import React from 'react';
import { useLocation } from 'react-router-dom';
import { Door } from '../components/Door';
import { useHost } from '../host';
import { t } from '../i18n';

/** Says that no page has this address, and leads to one that is there. */
export const NotFoundPage = () => {
  const { Page, href } = useHost();
  const { pathname } = useLocation();
  return (
    <Page title={t('key.not-found-title', 'Not found')}>
      <EmptyState
        variant="not-found"
        image={<Door />}
        message={t('not-found.title', 'There is no such page')}
        button={<TextLink href={href('')}>{t('not-found.back', 'Go to the overview')}</TextLink>}
      >
        {t('not-found.text', 'Nothing has the address {{address}}. It may be incomplete, or the page has moved.', {
          address: pathname,
        })}
      </EmptyState>
    </Page>
  );
};
