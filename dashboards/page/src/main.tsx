import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './page.css';
import './views.css';
import { App } from './app.tsx';
import { startRouter } from './router.ts';

startRouter();
const root = document.getElementById('root');
if (root) render(<App />, root);
