import React from 'react';
import { known } from '../said';

/** What the server said, in the reader's language; marked as English where the catalogue does not have it. */
export const Said = ({ text }: { text: string }) => {
  const own = known(text);
  return own === undefined ? <span lang="en">{text}</span> : <>{own}</>;
};
