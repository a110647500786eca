import { Badge, Stack, type BadgeColor } from '@grafana/ui';
import React from 'react';
import type { KeyState } from '../api/types';
import { t } from '../i18n';
import { Glyph, type GlyphName } from './Glyph';

const looks: Record<KeyState, { color: BadgeColor; glyph: GlyphName }> = {
  active: { color: 'green', glyph: 'check' },
  disabled: { color: 'orange', glyph: 'pause' },
  expired: { color: 'darkgrey', glyph: 'clock' },
  revoked: { color: 'red', glyph: 'cross' },
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
  <Badge
    text={
      <Stack direction="row" gap={0.5} alignItems="center">
        <Glyph name={looks[state].glyph} size={12} />
        {stateName(state)}
      </Stack>
    }
    color={looks[state].color}
  />
);
