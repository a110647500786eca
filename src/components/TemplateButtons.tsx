import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import { t } from '../i18n';
import type { Template } from './templates';

interface Props {
  templates: readonly Template[];
  /** The one that was chosen last. */
  chosen?: Template['id'];
  onChoose: (template: Template) => void;
}

/** Lets a new key begin as what a kind of client needs. */
export const TemplateButtons = ({ templates, chosen, onChoose }: Props) => {
  const styles = useStyles2(getStyles);
  return (
    <div role="group" className={styles.row} aria-label={t('template.label', 'Begin with')}>
      <span aria-hidden className={styles.label}>
        {t('template.label', 'Begin with')}
      </span>
      {templates.map((template) => (
        <button
          key={template.id}
          type="button"
          className={cx(styles.button, template.id === chosen && styles.chosen)}
          aria-pressed={template.id === chosen}
          onClick={() => onChoose(template)}
        >
          {template.title}
        </button>
      ))}
    </div>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(1),
    margin: theme.spacing(-1.5, 0, 1.5),
  }),
  label: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  button: css({
    padding: theme.spacing(0.25, 1.25),
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.pill,
    background: 'none',
    color: theme.colors.text.primary,
    fontSize: theme.typography.bodySmall.fontSize,
    lineHeight: theme.typography.body.lineHeight,
    '&:hover': { background: theme.colors.action.hover },
  }),
  chosen: css({
    '&, &:hover': { borderColor: theme.colors.primary.border, background: theme.colors.primary.transparent },
  }),
});
