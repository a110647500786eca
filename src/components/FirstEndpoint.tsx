import { Button } from '@grafana/ui';
import React, { lazy, Suspense, useState } from 'react';
import type { EndpointList } from '../api/types';
import { useHost } from '../host';
import { t } from '../i18n';
import { Copyable } from './Copyable';
import { permit } from './operator';
import { Step } from './Step';

const EndpointDialog = lazy(async () => ({ default: (await import('./EndpointDialog')).EndpointDialog }));

interface Props {
  n: number;
  next: boolean;
  /** What the gate protects, once that is known. */
  gate?: EndpointList;
  onMade: () => void;
}

/** The step that puts a program behind the gate; where that is not allowed here, what the operator writes. */
export const FirstEndpoint = ({ n, next, gate, onMade }: Props) => {
  const [open, setOpen] = useState(false);
  const endpoints = gate?.endpoints ?? [];
  return (
    <Step
      n={n}
      next={next}
      done={endpoints.length > 0}
      title={t('first.endpoint', 'Add an endpoint')}
      outcome={endpoints
        .map(({ name, upstream }) =>
          upstream ? `${name} ${t('endpoints.upstream', 'to {{address}}', { address: upstream })}` : name
        )
        .join(', ')}
    >
      <p>
        {t(
          'first.endpoint-text',
          'An endpoint is a path at the gate, with the program behind it: Loki, Prometheus, Mimir or any other.'
        )}
      </p>
      {gate &&
        (gate.inStore && gate.upstreams.length ? (
          <Button icon="plus" variant={next ? 'primary' : 'secondary'} onClick={() => setOpen(true)}>
            {t('endpoints.create', 'Add endpoint')}
          </Button>
        ) : (
          <Permit gate={gate} />
        ))}
      {gate && open && (
        <Suspense fallback={null}>
          <EndpointDialog
            {...gate}
            onSaved={() => {
              setOpen(false);
              onMade();
            }}
            onCancel={() => setOpen(false)}
          />
        </Suspense>
      )}
    </Step>
  );
};

/** What the operator writes first. */
const Permit = ({ gate }: { gate: EndpointList }) => {
  const { kind } = useHost();
  const { where, text, then, command } = permit(gate, kind);
  return (
    <>
      <p>
        {t(
          'permit.why',
          'What may stand behind the gate is for those who run the server to say, once. This step goes on by itself then.'
        )}
      </p>
      <p>{where}</p>
      <Copyable text={text} />
      <p>{then}</p>
      <Copyable text={command} />
      <p>
        {t(
          'first.without',
          'A proxy that asks at /auth, such as nginx or Traefik, needs no endpoint: go on with the key.'
        )}
      </p>
    </>
  );
};
