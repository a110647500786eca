import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { LabelsField } from './LabelsField';

test.each([[[]], [['team=web']]])('the list has the name of the field, with %j chosen', async (value) => {
  render(<LabelsField value={value} onChange={() => undefined} suggestions={[{ value: 'team=sre' }]} />);
  await userEvent.click(screen.getByRole('combobox', { name: 'Labels' }));
  expect(screen.getByRole('listbox', { name: 'Labels' })).toHaveTextContent('team=sre');
});
