import { Button, Dropdown, Field, Input, Menu } from '@grafana/ui';
import React, { useState, type FormEvent } from 'react';
import { t } from '../i18n';
import { afterMenu } from './afterMenu';
import { useCaller } from './Caller';
import { Dialog } from './Dialog';
import { FormButtons } from './FormButtons';
import { NO_FILTER, sameFilter, writeSearch } from './search';
import type { KeyFilter } from './useKeyList';
import { commonViews, forgetView, savedViews, saveView, type View } from './views';

interface Props {
  filter: KeyFilter;
  onChange: (filter: KeyFilter) => void;
}

/** Chooses among filters that have names, and gives the present one a name. */
export const ViewsMenu = ({ filter, onChange }: Props) => {
  const { whoami } = useCaller();
  const owner = `${whoami.orgId}.${whoami.login}`;
  const [saved, setSaved] = useState(() => savedViews(owner));
  const [naming, setNaming] = useState(false);
  const here = saved.find((view) => sameFilter(view.filter, filter));
  const item = ({ name, filter: of }: View) => (
    <Menu.Item
      key={name}
      label={name}
      description={writeSearch(of)}
      active={sameFilter(of, filter)}
      onClick={() => onChange(of)}
    />
  );
  const menu = (
    <Menu ariaLabel={t('view.title', 'Views')}>
      {commonViews().map(item)}
      {saved.length > 0 && <Menu.Divider />}
      {saved.map(item)}
      {writeSearch(filter) && <Menu.Divider />}
      {writeSearch(filter) && !here && (
        <Menu.Item icon="save" label={t('view.save', 'Save this view')} onClick={afterMenu(() => setNaming(true))} />
      )}
      {here && (
        <Menu.Item
          icon="trash-alt"
          label={t('view.forget', 'Forget “{{name}}”', { name: here.name })}
          onClick={() => setSaved(forgetView(owner, here.name))}
        />
      )}
      {writeSearch(filter) && (
        <Menu.Item icon="times" label={t('view.all', 'Show all keys')} onClick={() => onChange(NO_FILTER)} />
      )}
    </Menu>
  );
  return (
    <>
      <Dropdown overlay={menu} placement="bottom-start">
        <Button variant="secondary" fill="outline" icon="angle-down">
          {here?.name ?? t('view.title', 'Views')}
        </Button>
      </Dropdown>
      {naming && (
        <NameView
          taken={saved.map(({ name }) => name)}
          onSave={(name) => {
            setSaved(saveView(owner, { name, filter }));
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
