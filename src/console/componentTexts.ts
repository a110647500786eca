import type { Resources } from '@grafana/i18n';

/**
 * Texts of the components of @grafana/ui, by language. Grafana has its own translations of them; the console adds these
 * to the texts of the pages. The names are the component library's.
 */
export const COMPONENT_TEXTS: Record<string, Resources> = {
  'de-DE': {
    'clipboard-button': { 'inline-toast': { success: 'Kopiert' } },
    combobox: {
      clear: { title: 'Auswahl aufheben' },
      'custom-value': { description: 'Neu anlegen' },
      async: { error: 'Die Auswahl konnte nicht geladen werden.' },
      options: { loading: 'Wird geladen…', 'no-found': 'Nichts gefunden' },
    },
    'grafana-ui': {
      alert: { 'close-button': 'Meldung schließen' },
      'filter-input': { clear: 'Leeren' },
      'menu-item': { 'keyboard-shortcut-label': 'Tastenkürzel' },
      modal: { 'close-tooltip': 'Schließen' },
      spinner: { 'aria-label': 'Wird geladen' },
    },
  },
  'fr-FR': {
    'clipboard-button': { 'inline-toast': { success: 'Copié' } },
    combobox: {
      clear: { title: 'Effacer le choix' },
      'custom-value': { description: 'Créer' },
      async: { error: 'Les choix n’ont pas pu être chargés.' },
      options: { loading: 'Chargement…', 'no-found': 'Rien trouvé' },
    },
    'grafana-ui': {
      alert: { 'close-button': 'Fermer le message' },
      'filter-input': { clear: 'Effacer' },
      'menu-item': { 'keyboard-shortcut-label': 'Raccourci clavier' },
      modal: { 'close-tooltip': 'Fermer' },
      spinner: { 'aria-label': 'Chargement' },
    },
  },
};
