import { Dropdown, Menu } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';
import type { Key } from '../api/types';
import { t } from '../i18n';
import { afterMenu } from './afterMenu';
import { MenuButton } from './MenuButton';
import type { KeyActions } from './useKeyActions';

interface Props {
  target: Key;
  actions: KeyActions;
}

/** What can be done to one key, behind three dots. The menu is made when it is asked for: a page has a hundred. */
export const KeyMenu = (props: Props) => {
  const [asked, setAsked] = useState(false);
  return asked ? (
    <OpenedMenu {...props} />
  ) : (
    <MenuButton
      label={labelOf(props.target)}
      aria-haspopup="menu"
      aria-expanded={false}
      onClick={() => setAsked(true)}
    />
  );
};

const labelOf = ({ name }: Key) => t('menu.label', 'Actions for {{name}}', { name });

/** The menu, which is open from the first moment on. */
const OpenedMenu = ({ target, actions }: Props) => {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const button = place.current?.querySelector('button');
    button?.focus();
    button?.click();
  }, []);
  const may = (action: Key['actions'][number]) => target.actions.includes(action);
  const menu = (
    <Menu ariaLabel={labelOf(target)}>
      {may('edit') && (
        <Menu.Item icon="pen" label={t('action.edit', 'Edit')} onClick={afterMenu(() => actions.edit(target))} />
      )}
      {may('disable') && (
        <Menu.Item
          icon="pause"
          label={t('action.disable', 'Disable')}
          onClick={() => actions.setEnabled(target, false)}
        />
      )}
      {may('disable') && (
        <Menu.Item
          icon="clock-nine"
          label={t('action.pause', 'Disable for 1 minute')}
          onClick={() => actions.pause(target)}
        />
      )}
      {may('enable') && (
        <Menu.Item icon="play" label={t('action.enable', 'Enable')} onClick={() => actions.setEnabled(target, true)} />
      )}
      {may('rotate') && (
        <Menu.Item icon="sync" label={t('action.rotate', 'Rotate')} onClick={afterMenu(() => actions.rotate(target))} />
      )}
      <Menu.Divider />
      {may('revoke') && (
        <Menu.Item
          icon="times-circle"
          destructive
          label={t('action.revoke', 'Revoke')}
          onClick={afterMenu(() => actions.revoke(target))}
        />
      )}
      {may('delete') && (
        <Menu.Item
          icon="trash-alt"
          destructive
          label={t('action.delete', 'Delete')}
          onClick={afterMenu(() => actions.remove(target))}
        />
      )}
    </Menu>
  );
  return (
    <span ref={place}>
      <Dropdown overlay={menu} placement="bottom-end">
        <MenuButton label={labelOf(target)} />
      </Dropdown>
    </span>
  );
};
