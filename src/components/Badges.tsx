import { css } from '@emotion/css';
import { Badge, type BadgeColor } from '@grafana/ui';
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
      <span className={PICTURED}>
        <Glyph name={looks[state].glyph} size={12} />
        {stateName(state)}
      </span>
    }
    color={looks[state].color}
  />
);

const PICTURED = css({ display: 'inline-flex', alignItems: 'center', gap: 4 });
