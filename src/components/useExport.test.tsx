import { act, renderHook, screen, render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { notifyFailure } from './notify';
import { download } from './tokenFile';
import { useExport } from './useExport';

jest.mock('./notify', () => ({ notifyFailure: jest.fn() }));
jest.mock('./tokenFile', () => ({ download: jest.fn() }));
afterEach(() => jest.clearAllMocks());

const write = { csv: (rows: string[]) => rows.join('\n'), json: (rows: string[]) => JSON.stringify(rows) };

test('rows are handed over in the form that was asked for', async () => {
  const read = async () => ['a', 'b'];
  const { result } = renderHook(() => useExport({ name: 'ostiary-things', failed: 'No.', read, write }));
  await act(() => result.current.save('csv'));
  expect(download).toHaveBeenCalledWith('ostiary-things.csv', 'a\nb', 'text/csv');
  await act(() => result.current.save('json'));
  expect(download).toHaveBeenCalledWith('ostiary-things.json', '["a","b"]', 'application/json');
  expect(result.current.running).toBeUndefined();
});

test('a failure is said, and what was stopped is none', async () => {
  let fail = (_: Error) => {};
  const read = (progress: (rows: number) => void) =>
    new Promise<string[]>((_, reject) => {
      progress(1200);
      fail = reject;
    });
  const { result } = renderHook(() => useExport({ name: 'ostiary-things', failed: 'No.', read, write }));
  let saving: Promise<void>;
  act(() => void (saving = result.current.save('csv')));
  await act(async () => {
    fail(new Error('away'));
    await saving;
  });
  expect(notifyFailure).toHaveBeenCalledWith('No.', expect.any(String));
  expect(result.current.running).toBeUndefined();

  act(() => void (saving = result.current.save('csv')));
  render(result.current.running!);
  await userEvent.click(screen.getByRole('button', { name: 'Stop the export at 1,200' }));
  await act(async () => {
    fail(new Error('stopped'));
    await saving;
  });
  expect(notifyFailure).toHaveBeenCalledTimes(1);
  expect(download).not.toHaveBeenCalled();
  expect(result.current.running).toBeUndefined();
});
