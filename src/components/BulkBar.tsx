import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Dropdown, IconButton, Menu, useStyles2 } from '@grafana/ui';
import React from 'react';
import { count } from '../format';
import { t } from '../i18n';
import { afterMenu } from './afterMenu';
import type { BulkChoice } from './Bulk';
import { phone } from './tableStyles';

interface Props {
  /** How many keys are selected. */
  n: number;
  /** How many match the filter, if there are more. */
  total?: number;
  /** Whether all that match are selected. */
  all: boolean;
  /** What the list is narrowed by, as it is searched for. */
  search: string;
  onAll: () => void;
  onAction: (choice: BulkChoice) => void;
  onClear: () => void;
}

/** What can be done to the selected keys. */
export const BulkBar = ({ n, total, all, search, onAll, onAction, onClear }: Props) => {
  const styles = useStyles2(getStyles);
  const more = (
    <Menu ariaLabel={t('bulk.more-actions', 'More')}>
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
    <div className={styles.bar}>
      <div className={styles.chosen}>
        <IconButton
          name="times"
          size="lg"
          aria-label={t('keys.clear', 'Clear selection')}
          tooltip={t('keys.clear', 'Clear selection')}
          onClick={onClear}
        />
        <span role="status" className={styles.number}>
          {all
            ? t('keys.all-chosen', 'All {{n}} keys that match are selected', { n: count(total ?? n) })
            : t('keys.chosen', '', {
                count: n,
                n: count(n),
                defaultValue_one: '{{n}} key selected',
                defaultValue_other: '{{n}} keys selected',
              })}
        </span>
        {!all && total !== undefined && total > n && (
          <Button variant="secondary" fill="outline" onClick={onAll}>
            {t('keys.choose-matching', 'Select all {{n}}', { n: count(total) })}
          </Button>
        )}
        {search && (
          <span className={styles.search} title={search}>
            {t('keys.chosen-of', 'Search: {{search}}', { search })}
          </span>
        )}
      </div>
      <div className={styles.actions}>
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
      </div>
    </div>
  );
};

const getStyles = (theme: GrafanaTheme2) => {
  const row = { display: 'flex', alignItems: 'center', gap: theme.spacing(1) };
  return {
    bar: css({ ...row, flexWrap: 'wrap' }),
    chosen: css({ ...row, minHeight: theme.spacing(4) }),
    search: css({
      overflow: 'hidden',
      maxWidth: 360,
      color: theme.colors.text.secondary,
      textOverflow: 'ellipsis',
      whiteSpace: 'nowrap',
    }),
    number: css({ fontWeight: theme.typography.fontWeightMedium, whiteSpace: 'nowrap' }),
    actions: css({
      ...row,
      flexWrap: 'wrap',
      // On a phone they are a row to push, and the list begins soon after.
      [phone(theme)]: {
        flexWrap: 'nowrap',
        width: '100%',
        overflowX: 'auto',
        // Room for the ring of the focus.
        margin: theme.spacing(0, -0.5),
        padding: theme.spacing(0.5),
        button: { flexShrink: 0 },
      },
    }),
  };
};
