// Every page of the site is read by axe-core, in a window of WIDTH pixels:
//
//     mkdocs build --strict && python -m http.server --directory build/site 8000 &
//     WIDTH=390 npx pa11y-ci@4 --config docs/_site/accessibility.cjs
const { readFileSync } = require("fs");
const { join } = require("path");

const sitemap = readFileSync(join(__dirname, "../../build/site/sitemap.xml"), "utf8");

module.exports = {
  defaults: {
    runners: ["axe"],
    timeout: 60000,
    viewport: { width: Number(process.env.WIDTH || 1280), height: 1000 },
    chromeLaunchConfig: { args: ["--no-sandbox", "--disable-gpu"] },
  },
  urls: [...sitemap.matchAll(/<loc>None(.*)<\/loc>/g)].map(([, page]) => `http://localhost:8000/${page}`),
};
