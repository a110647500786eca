import { Alert, Button, LoadingPlaceholder } from '@grafana/ui';
import React, { Component, Suspense, type ReactNode } from 'react';
import { t } from '../i18n';

/** Shows pages and dialogs that are loaded when they are needed, and what to do when that fails. */
export class LoadBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  state = { failed: false };

  static getDerivedStateFromError = () => ({ failed: true });

  render() {
    return this.state.failed ? (
      <Alert severity="error" title={t('load.failed', 'This page could not be loaded')}>
        <p>{t('load.why', 'The network failed, or the server was updated meanwhile. What you typed stays.')}</p>
        {/* eslint-disable-next-line no-restricted-properties -- nothing else loads the scripts again */}
        <Button variant="secondary" icon="sync" onClick={() => window.location.reload()}>
          {t('load.again', 'Load it again')}
        </Button>
      </Alert>
    ) : (
      <Suspense fallback={<LoadingPlaceholder text={t('common.loading', 'Loading…')} />}>
        {this.props.children}
      </Suspense>
    );
  }
}
