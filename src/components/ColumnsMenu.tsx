import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Checkbox, Toggletip, useStyles2 } from '@grafana/ui';
import React from 'react';
import { t } from '../i18n';
import { columnName, COLUMNS, USUAL, type ColumnId, type Columns } from './columns';

interface Props {
  columns: Columns;
  onChange: (columns: Columns) => void;
}

/** Chooses what the table shows of each key. */
export const ColumnsMenu = (props: Props) => (
  <Toggletip content={<Choices {...props} />} placement="bottom-start" closeButton={false}>
    <Button
      variant="secondary"
      fill="outline"
      icon="columns"
      tooltip={t('columns.title', 'Columns')}
      aria-label={t('columns.title', 'Columns')}
    />
  </Toggletip>
);

const Choices = ({ columns, onChange }: Props) => {
  const styles = useStyles2(getStyles);
  const shown = columns ?? USUAL;
  const toggle = (id: ColumnId) =>
    onChange(COLUMNS.filter((one) => (one === id ? !shown.includes(one) : shown.includes(one))));
  return (
    <fieldset className={styles.list}>
      <legend className="sr-only">{t('columns.title', 'Columns')}</legend>
      {COLUMNS.map((id) => (
        <Checkbox key={id} label={columnName(id)} value={shown.includes(id)} onChange={() => toggle(id)} />
      ))}
      {/* Never disabled: whoever pressed it would lose the focus, and Escape with it. */}
      <Button size="sm" variant="secondary" fill="text" onClick={() => onChange(undefined)}>
        {t('columns.usual', 'As usual')}
      </Button>
    </fieldset>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    display: 'grid',
    justifyItems: 'start',
    gap: theme.spacing(0.5),
    minWidth: 150,
    margin: 0,
    padding: 0,
    border: 0,
  }),
});
