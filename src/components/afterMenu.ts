/**
 * Makes a menu item's action wait until the menu has closed and the focus is back on its button. A dialog that opens
 * earlier would lose the focus to the button, and could not give it back there.
 */
export const afterMenu = (action: () => void) => () => {
  const open = (tries: number) =>
    requestAnimationFrame(() =>
      tries > 0 && document.querySelector('[role="menu"]') ? open(tries - 1) : setTimeout(action)
    );
  open(60);
};
