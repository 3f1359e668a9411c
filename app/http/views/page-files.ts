import express, { Router } from 'express';

/**
 * The page's files. They have no hash in their names, so that a browser asks each time and is answered 304; nothing
 * from elsewhere and no inline script is allowed to run.
 *
 * @param folder what the build made of dashboards/page
 */
export function pageFiles(folder: string): Router {
  const router = Router();
  router.use((_req, res, next) => {
    res.set({
      'Content-Security-Policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    next();
  });
  router.use(
    express.static(folder, {
      setHeaders: (res) => {
        res.setHeader('Cache-Control', 'no-cache');
      },
    }),
  );
  return router;
}
