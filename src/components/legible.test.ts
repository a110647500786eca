import { colorManipulator, createTheme } from '@grafana/data';
import { legible } from './legible';

const buttons = ['primary', 'error', 'success'] as const;

test.each(['dark', 'light'] as const)('buttons can be read under the mouse: %s', (mode) => {
  const theme = createTheme({ colors: { mode } });
  const { colors } = legible(theme);
  for (const name of buttons) {
    const { contrastText, shade, main } = colors[name];
    expect([name, colorManipulator.getContrastRatio(contrastText, shade) >= 4.5]).toEqual([name, true]);
    expect(shade).not.toBe(main); // which says where the mouse is
    expect(main).toBe(theme.colors[name].main);
  }
  expect(legible(theme).spacing(1)).toBe(theme.spacing(1));
});

test('a theme that can be read stays as it is', () => {
  const { colors } = createTheme({ colors: { mode: 'light' } });
  const light = legible(createTheme({ colors: { mode: 'light' } })).colors;
  for (const name of buttons) {
    expect(light[name]).toEqual(colors[name]);
  }
});
