/** Brings the first thing that is wrong into sight, with its explanation, and the focus to it. */
export function showFirstFault(form: HTMLElement | null): void {
  const fault = form?.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid="true"], [role="alert"]');
  if (!fault) {
    return;
  }
  const field = fault.matches('input, textarea') ? fault : fault.querySelector<HTMLElement>('input:checked, input');
  field?.focus({ preventScroll: true });
  fault.scrollIntoView({ block: 'center' });
}
