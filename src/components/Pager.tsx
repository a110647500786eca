import { Button, Icon, Stack, Text } from '@grafana/ui';
import React from 'react';
import { count } from '../format';
import { t } from '../i18n';
import { Choice } from './Choice';
import { SIZES } from './useKeyList';

interface Props {
  /** Index of the first row shown, from 0. */
  first: number;
  shown: number;
  /** How many rows there are on all pages, if known. */
  total?: number;
  size: number;
  onSize: (size: number) => void;
  /** Without it, this is the first page. */
  onPrevious?: () => void;
  /** Without it, this is the last page. */
  onNext?: () => void;
}

/** Leads through pages that the server makes. */
export const Pager = ({ first, shown, total, size, onSize, onPrevious, onNext }: Props) => (
  <Stack direction="row" justifyContent="space-between" alignItems="center" gap={2} wrap="wrap">
    <Text color="secondary" variant="bodySmall">
      <span role="status">
        {total === undefined
          ? t('pager.range', '{{from}}–{{to}}', { from: count(first + 1), to: count(first + shown) })
          : t('pager.range-of', '{{from}}–{{to}} of {{total}}', {
              from: count(first + 1),
              to: count(first + shown),
              total: count(total),
            })}
      </span>
    </Text>
    <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
      <Choice
        label={t('pager.size', 'Rows on a page')}
        width={12}
        options={SIZES.map((n) => ({ value: n, label: t('pager.rows', '{{n}} rows', { n }) }))}
        value={size}
        onChange={onSize}
      />
      <Button variant="secondary" icon="angle-left" disabled={!onPrevious} onClick={onPrevious}>
        {t('pager.previous', 'Previous')}
      </Button>
      <Button variant="secondary" disabled={!onNext} onClick={onNext}>
        <Stack gap={1} alignItems="center">
          {t('pager.next', 'Next')}
          <Icon name="angle-right" />
        </Stack>
      </Button>
    </Stack>
  </Stack>
);
