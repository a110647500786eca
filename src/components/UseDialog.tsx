import { Button, Modal } from '@grafana/ui';
import React from 'react';
import type { Endpoint, Key, Role } from '../api/types';
import { t } from '../i18n';
import { Dialog } from './Dialog';
import { weakestPermission } from './endpoint';
import { Snippets } from './Snippets';

/** Stands where the token belongs. */
const PLACE = 'YOUR_TOKEN';

interface Props {
  endpoint: Endpoint;
  /** The role of the key; without it, the one that grants least of what the endpoint takes. */
  role?: Role;
  /** The snippet that is shown first, by its id. */
  snippet?: string;
  onClose: () => void;
}

/** Shows how clients use an endpoint, with a place for the token. */
export const UseDialog = ({ endpoint, role = roleFor(endpoint), snippet, onClose }: Props) => {
  const key: Pick<Key, 'role' | 'pool' | 'endpoints' | 'allowedCidrs' | 'tenants'> = {
    role,
    pool: endpoint.pool,
    endpoints: [endpoint.name],
    allowedCidrs: [],
    tenants: endpoint.tenant ? ['TENANT'] : [],
  };
  return (
    <Dialog title={t('use.title', 'Use {{name}}', { name: endpoint.name })} width={960} onDismiss={onClose}>
      <p>
        {t('use.what', 'Put the token of a key with the role {{role}} in the place of {{place}}.', {
          role: key.role,
          place: PLACE,
        })}
      </p>
      <Snippets of={key} token={PLACE} first={snippet} />
      <Modal.ButtonRow>
        <Button variant="secondary" onClick={onClose}>
          {t('common.close', 'Close')}
        </Button>
      </Modal.ButtonRow>
    </Dialog>
  );
};

/** The role that grants what an endpoint takes, and as little else as possible. */
function roleFor(endpoint: Endpoint): Role {
  const roles: Record<ReturnType<typeof weakestPermission>, Role> = {
    ingest: 'Agent',
    read: 'Viewer',
    write: 'Editor',
    manage: 'Admin',
    none: 'Agent',
  };
  return roles[weakestPermission(endpoint)];
}
