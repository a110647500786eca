import { EmptyState } from '@grafana/ui';
import React from 'react';
import { useHost } from '../host';
import { t } from '../i18n';
import { useCaller } from './Caller';
import { Door } from './Door';
import { permissionName } from './roles';

/** Says to someone who may not manage keys what they may do, and who may do more. */
export const NoAccess = () => {
  const { whoami } = useCaller();
  const { kind } = useHost();
  const may = whoami.permissions.map(permissionName).join(', ');
  return (
    <EmptyState
      variant="call-to-action"
      image={<Door />}
      message={t('no-access.title', 'Keys are managed by administrators')}
    >
      <p>
        {whoami.role
          ? t('no-access.you-are', 'You are signed in as {{login}} with the role {{role}}.', {
              login: whoami.login,
              role: whoami.role,
            })
          : t('no-access.no-role', 'You are signed in as {{login}}, without a role in this organization.', {
              login: whoami.login,
            })}{' '}
        {may && t('no-access.you-may', 'That lets you: {{may}}.', { may })}
      </p>
      <p>
        {kind === 'grafana'
          ? t(
              'no-access.ask-grafana',
              'To see or change keys you need the Admin role in this Grafana organization. Ask one of its administrators.'
            )
          : t('no-access.ask-console', 'To see or change keys, sign in with a key that has the Admin role.')}
      </p>
    </EmptyState>
  );
};
