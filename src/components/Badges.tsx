import { Badge, type BadgeColor, type IconName } from '@grafana/ui';
import React from 'react';
import type { KeyState } from '../api/types';
import { t } from '../i18n';

const looks: Record<KeyState, { color: BadgeColor; icon: IconName }> = {
  active: { color: 'green', icon: 'check' },
  disabled: { color: 'orange', icon: 'pause' },
  expired: { color: 'darkgrey', icon: 'clock-nine' },
  revoked: { color: 'red', icon: 'times-circle' },
};

/** What a state is called. */
export function stateName(state: KeyState): string {
  return {
    active: t('state.active', 'Active'),
    disabled: t('state.disabled', 'Disabled'),
    expired: t('state.expired', 'Expired'),
    revoked: t('state.revoked', 'Revoked'),
  }[state];
}

/** A key's state, in words, with a picture and a colour of its own. */
export const StateBadge = ({ state }: { state: KeyState }) => (
  <Badge text={stateName(state)} icon={looks[state].icon} color={looks[state].color} />
);
