import { render, screen } from '@testing-library/react';
import React from 'react';
import { anEndpoint } from '../test/fixtures';
import { EndpointsField } from './EndpointsField';

const LOKI = anEndpoint({ name: 'loki' });

test.each([
  [['loki'], [LOKI], undefined],
  [['lokki'], [LOKI], /This gate has no endpoint “lokki”\. Keep it only if/],
  [['loki', 'lokki', 'mimir'], [LOKI], /This gate has no endpoints “lokki”, “mimir”\. Keep them only if/],
  [['loki'], [], /This gate has no endpoint “loki”/],
  [['lokki'], undefined, undefined], // they are not known yet
])('%j of %j: %s', (value, endpoints, warning) => {
  render(<EndpointsField value={value} onChange={() => undefined} endpoints={endpoints} open={[]} />);
  if (warning) {
    expect(screen.getByRole('status')).toHaveTextContent(warning);
  } else {
    expect(screen.queryByText(/This gate has/)).not.toBeInTheDocument();
  }
});
