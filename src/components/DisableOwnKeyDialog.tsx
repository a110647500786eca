import React from 'react';
import type { Key } from '../api/types';
import { t } from '../i18n';
import { ConfirmDialog } from './ConfirmDialog';

interface Props {
  target: Key;
  /** Disables it; what it rejects with is shown. */
  disable: () => Promise<void>;
  onCancel: () => void;
}

/** Asks before somebody disables the very key that they are signed in with: they could not take it back. */
export const DisableOwnKeyDialog = ({ target: { name }, disable, onCancel }: Props) => (
  <ConfirmDialog
    title={t('disable.own-title', 'Disable {{name}}', { name })}
    failed={t('enable.failed', '“{{name}}” was not changed', { name })}
    acts={[{ text: t('disable.own-button', 'Disable and sign out'), run: disable }]}
    onCancel={onCancel}
  >
    <p>{ownKeyWarning()}</p>
    <p>{t('disable.own-undo', 'Only another key with the role Admin can enable it again.')}</p>
  </ConfirmDialog>
);

/** Says what is special about the key that somebody is signed in with. */
export const ownKeyWarning = () =>
  t('end.own', 'You are signed in with this key. It stops working here as well, and you are signed out.');
