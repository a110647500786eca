import { css } from '@emotion/css';
import { Badge, type BadgeColor } from '@grafana/ui';
import React from 'react';
import type { KeyState } from '../api/types';
import { t } from '../i18n';
import { Glyph, type GlyphName } from './Glyph';

/** What is shown of a token as well: that it has ended because a newer one took its place. */
type Shown = KeyState | 'replaced';

const looks: Record<Shown, { color: BadgeColor; glyph: GlyphName }> = {
  active: { color: 'green', glyph: 'check' },
  disabled: { color: 'orange', glyph: 'pause' },
  expired: { color: 'darkgrey', glyph: 'clock' },
  replaced: { color: 'darkgrey', glyph: 'check' },
  revoked: { color: 'red', glyph: 'cross' },
};

/** What a state is called. */
export function stateName(state: Shown): string {
  return {
    active: t('state.active', 'Active'),
    disabled: t('state.disabled', 'Disabled'),
    expired: t('state.expired', 'Expired'),
    replaced: t('state.replaced', 'Replaced'),
    revoked: t('state.revoked', 'Revoked'),
  }[state];
}

/** The state of a key or a token, in words, with a picture and a colour of its own. */
export const StateBadge = ({ state }: { state: Shown }) => (
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
