import { render, screen, within } from '@testing-library/react';
import React from 'react';
import type { ImportedKey } from '../api/types';
import { ImportTable } from './ImportTable';

const aKey = (change: Partial<ImportedKey>): ImportedKey => ({
  number: '1',
  name: 'deploy',
  role: 'Editor',
  expiresAt: null,
  taken: true,
  ...change,
});

const heads = () => screen.getAllByRole('columnheader').map(({ textContent }) => textContent);

test('whose the keys are and their labels are shown, where any has some', () => {
  const keys = [aKey({ owner: 'ada', labels: { team: 'sre', env: 'prod' } }), aKey({ number: '2', name: 'left' })];
  const { rerender } = render(<ImportTable report={{ from: 'grafana', dryRun: true, keys }} />);
  expect(heads()).toEqual(['Name', 'Role', 'Owner', 'Labels', 'Expires', 'What becomes of it']);
  const row = within(screen.getByText('deploy').closest('tr')!);
  expect(row.getByText('ada')).toBeInTheDocument();
  expect(row.getByText('env=prod, team=sre')).toBeInTheDocument();

  rerender(<ImportTable report={{ from: 'grafana', dryRun: false, keys: [aKey({ labels: {} })] }} />);
  expect(heads()).toEqual(['Name', 'Role', 'Expires', 'What becomes of it']);
});
