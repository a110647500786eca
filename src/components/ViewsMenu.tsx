import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Dropdown, Field, Input, Menu, useStyles2 } from '@grafana/ui';
import React, { useState, type FormEvent } from 'react';
import { t } from '../i18n';
import { afterMenu } from './afterMenu';
import { useCaller } from './Caller';
import { Dialog } from './Dialog';
import { FormButtons } from './FormButtons';
import { NO_FILTER, writeSearch } from './search';
import { commonViews, forgetView, isShown, savedViews, saveView, type Sight, type View } from './views';

interface Props extends Sight {
  onChange: (sight: Sight) => void;
}

/** Chooses among views that have names, and gives the present one a name. */
export const ViewsMenu = ({ filter, columns, onChange }: Props) => {
  const styles = useStyles2(getStyles);
  const { whoami } = useCaller();
  const owner = `${whoami.orgId}.${whoami.login}`;
  const [saved, setSaved] = useState(() => savedViews(owner));
  const [naming, setNaming] = useState(false);
  const sight = { filter, columns };
  const here = saved.find((view) => isShown(view, sight));
  const narrowed = Boolean(writeSearch(filter));
  const item = (view: View) => (
    <Menu.Item
      key={view.name}
      className={styles.item}
      label={view.name}
      description={writeSearch(view.filter)}
      active={isShown(view, sight)}
      onClick={() => onChange(view)}
    />
  );
  const menu = (
    <Menu ariaLabel={t('view.title', 'Views')}>
      {commonViews().map(item)}
      {saved.length > 0 && <Menu.Divider />}
      {saved.map(item)}
      {(narrowed || columns) && <Menu.Divider />}
      {(narrowed || columns) && !here && (
        <Menu.Item icon="save" label={t('view.save', 'Save this view')} onClick={afterMenu(() => setNaming(true))} />
      )}
      {here && (
        <Menu.Item
          icon="trash-alt"
          className={styles.item}
          label={t('view.forget', 'Forget “{{name}}”', { name: here.name })}
          onClick={() => setSaved(forgetView(owner, here.name))}
        />
      )}
      {narrowed && (
        <Menu.Item
          icon="times"
          label={t('view.all', 'Show all keys')}
          onClick={() => onChange({ filter: NO_FILTER })}
        />
      )}
    </Menu>
  );
  return (
    <>
      <Dropdown overlay={menu} placement="bottom-start">
        <Button variant="secondary" fill="outline" icon="angle-down">
          <span className={styles.name} title={here?.name}>
            {here?.name ?? t('view.title', 'Views')}
          </span>
        </Button>
      </Dropdown>
      {naming && (
        <NameView
          taken={saved.map(({ name }) => name)}
          onSave={(name) => {
            setSaved(saveView(owner, { name, ...sight }));
            setNaming(false);
          }}
          onCancel={() => setNaming(false)}
        />
      )}
    </>
  );
};

interface NameProps {
  /** The names of other views. */
  taken: string[];
  onSave: (name: string) => void;
  onCancel: () => void;
}

const NameView = ({ taken, onSave, onCancel }: NameProps) => {
  const [name, setName] = useState('');
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) {
      onSave(name.trim());
    }
  };
  return (
    <Dialog title={t('view.save', 'Save this view')} width={480} onDismiss={onCancel}>
      <form onSubmit={save} noValidate>
        <Field
          htmlFor="view-name"
          label={t('key.name', 'Name')}
          description={
            taken.includes(name.trim())
              ? t('view.replaces', 'Replaces the view of that name.')
              : t('view.kept', 'This browser keeps it, for you alone.')
          }
        >
          <Input
            id="view-name"
            autoFocus
            autoComplete="off"
            maxLength={60}
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
        </Field>
        <FormButtons submit={t('view.submit', 'Save view')} busy={false} onCancel={onCancel} />
      </form>
    </Dialog>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  name: css({ maxWidth: theme.spacing(24), overflow: 'hidden', textOverflow: 'ellipsis' }),
  // A menu is as wide as its longest item, which is cut where there is no more room.
  item: css({ maxWidth: `min(${theme.spacing(52)}, calc(100vw - ${theme.spacing(6)}))` }),
});
