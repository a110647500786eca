import { useCallback, useState } from 'react';
import { useCaller } from './Caller';
import { keepColumns, keptColumns, type Columns } from './columns';

/** The columns of the table of keys that its user chose, and how to choose others; this browser keeps them. */
export function useColumns(): [Columns, (columns: Columns) => void] {
  const { whoami } = useCaller();
  const owner = `${whoami.orgId}.${whoami.login}`;
  const [columns, setColumns] = useState(() => keptColumns(owner));
  const choose = useCallback(
    (chosen: Columns) => {
      keepColumns(owner, chosen);
      setColumns(chosen);
    },
    [owner]
  );
  return [columns, choose];
}
