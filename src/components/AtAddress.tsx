import { Field, Input } from '@grafana/ui';
import React, { useState } from 'react';
import { t } from '../i18n';
import { Copyable } from './Copyable';
import { curlLine } from './curlLine';

/**
 * What to do with a database that has an address and is no file yet. Neither the server nor this page fetches it: the
 * server would reach what the caller cannot, and a page that may connect anywhere could send tokens anywhere.
 */
export const AtAddress = ({ file }: { file: string }) => {
  const [address, setAddress] = useState('');
  const line = curlLine(address, file);
  const wrong = address.trim() !== '' && line === undefined;
  return (
    <>
      <Field
        htmlFor="import-address"
        label={t('import.address', 'It has an address?')}
        description={t(
          'import.address-help',
          'Type it, run the line that appears, and choose the file that it makes. A page or server that fetches from any address could be led to others’ secrets; the desktop program fetches it by itself.'
        )}
        invalid={wrong}
        error={
          wrong ? t('import.address-wrong', 'Write it like https://backup.example.com/{{file}}.', { file }) : undefined
        }
      >
        <Input
          id="import-address"
          type="url"
          autoComplete="off"
          placeholder={`https://backup.example.com/${file}`}
          value={address}
          onChange={(e) => setAddress(e.currentTarget.value)}
        />
      </Field>
      {line && <Copyable text={line} />}
    </>
  );
};
