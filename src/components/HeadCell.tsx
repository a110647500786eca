import React, { type ReactNode } from 'react';

interface Props {
  className?: string;
  children: ReactNode;
}

/** The head of a column. Its role is written out: screen readers take a table for none where a phone shows it as cards. */
export const HeadCell = ({ className, children }: Props) => (
  <th role="columnheader" scope="col" className={className}>
    {children}
  </th>
);
