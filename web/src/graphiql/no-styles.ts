// In the place of `react-style-singleton`, by which GraphiQL's dialogs would write styles into the page: our policy takes
// none.

export const styleSingleton = () => () => null;
