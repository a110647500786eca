import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Modal, useStyles2 } from '@grafana/ui';
import React from 'react';
import { t } from '../i18n';
import { Dialog } from './Dialog';
import { goals, IS_MAC } from './shortcuts';

/** All keys that do something. */
export const ShortcutsSheet = ({ onClose }: { onClose: () => void }) => {
  const styles = useStyles2(getStyles);
  const rows: Array<[keys: string[], what: string]> = [
    [[IS_MAC ? '⌘' : t('keyboard.ctrl', 'Ctrl'), 'K'], t('shortcut.palette', 'Go to a page or a key, or do something')],
    [['/'], t('filter.search', 'Search keys')],
    [['c'], t('shortcut.create', 'Create a key')],
    [['t'], t('verify.title', 'Check a token')],
    [['↑', '↓'], t('shortcut.rows', 'From row to row')],
    [['Esc'], t('shortcut.close', 'Close a dialog or a list')],
    [['?'], t('shortcut.sheet', 'Show this sheet')],
    ...goals().map(({ key, title }): [string[], string] => [['g', key], title]),
  ];
  return (
    <Dialog title={t('shortcut.title', 'Keyboard shortcuts')} width={640} onDismiss={onClose}>
      <dl className={styles.list}>
        {rows.map(([keys, what]) => (
          <div key={what + keys.join()} className={styles.row}>
            <dt>
              {keys.map((key) => (
                <kbd key={key} className={styles.key}>
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <Modal.ButtonRow>
        <Button variant="secondary" onClick={onClose} autoFocus>
          {t('common.close', 'Close')}
        </Button>
      </Modal.ButtonRow>
    </Dialog>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(260px, 1fr))',
    gap: theme.spacing(0.5, 3),
    margin: 0,
  }),
  row: css({
    display: 'flex',
    alignItems: 'baseline',
    gap: theme.spacing(2),
    'dt, dd': { margin: 0 },
    dt: { flexShrink: 0, width: 84, whiteSpace: 'nowrap' },
  }),
  key: css({
    display: 'inline-block',
    minWidth: theme.spacing(3),
    marginRight: theme.spacing(0.5),
    padding: theme.spacing(0.25, 0.75),
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.canvas,
    color: theme.colors.text.primary,
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
    textAlign: 'center',
  }),
});
