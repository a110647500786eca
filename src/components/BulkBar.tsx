import { Button, Dropdown, Menu, Stack, Text } from '@grafana/ui';
import React from 'react';
import { count } from '../format';
import { t } from '../i18n';
import { afterMenu } from './afterMenu';
import type { BulkChoice } from './Bulk';

interface Props {
  /** How many keys are selected. */
  n: number;
  /** How many match the filter, if there are more. */
  total?: number;
  /** Whether all that match are selected. */
  all: boolean;
  onAll: () => void;
  onAction: (choice: BulkChoice) => void;
  onClear: () => void;
}

/** What can be done to the selected keys. */
export const BulkBar = ({ n, total, all, onAll, onAction, onClear }: Props) => {
  const more = (
    <Menu>
      <Menu.Item
        icon="clock-nine"
        label={t('bulk.extend-button', 'Extend')}
        onClick={afterMenu(() => onAction('extend'))}
      />
      <Menu.Item
        icon="layer-group"
        label={t('bulk.move-to', 'Move to a pool')}
        onClick={afterMenu(() => onAction('pool'))}
      />
      <Menu.Item
        icon="user"
        label={t('bulk.set-owner', 'Set the owner')}
        onClick={afterMenu(() => onAction('owner'))}
      />
      <Menu.Item
        icon="plus"
        label={t('bulk.label-add', 'Add a label')}
        onClick={afterMenu(() => onAction('addLabel'))}
      />
      <Menu.Item
        icon="minus"
        label={t('bulk.label-remove', 'Remove a label')}
        onClick={afterMenu(() => onAction('removeLabel'))}
      />
    </Menu>
  );
  return (
    <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
      <Text weight="medium">
        <span role="status">
          {all
            ? t('keys.all-chosen', 'All {{n}} keys that match are selected', { n: count(total ?? n) })
            : t('keys.chosen', '', {
                count: n,
                n: count(n),
                defaultValue_one: '{{n}} key selected',
                defaultValue_other: '{{n}} keys selected',
              })}
        </span>
      </Text>
      {!all && total !== undefined && total > n && (
        <Button variant="secondary" fill="outline" onClick={onAll}>
          {t('keys.choose-matching', 'Select all {{n}}', { n: count(total) })}
        </Button>
      )}
      <Button variant="secondary" icon="sync" onClick={() => onAction('rotate')}>
        {t('action.rotate', 'Rotate')}
      </Button>
      <Button variant="secondary" icon="play" onClick={() => onAction('enable')}>
        {t('action.enable', 'Enable')}
      </Button>
      <Button variant="secondary" icon="pause" onClick={() => onAction('disable')}>
        {t('action.disable', 'Disable')}
      </Button>
      <Button variant="secondary" icon="times-circle" onClick={() => onAction('revoke')}>
        {t('action.revoke', 'Revoke')}
      </Button>
      <Button variant="secondary" icon="trash-alt" onClick={() => onAction('delete')}>
        {t('action.delete', 'Delete')}
      </Button>
      <Dropdown overlay={more} placement="bottom-start">
        <Button variant="secondary" icon="angle-down">
          {t('bulk.more-actions', 'More')}
        </Button>
      </Dropdown>
      <Button variant="secondary" fill="text" onClick={onClear}>
        {t('keys.clear', 'Clear selection')}
      </Button>
    </Stack>
  );
};
