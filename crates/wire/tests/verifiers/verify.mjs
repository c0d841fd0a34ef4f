// Shows documents to node-saml and passport-wsfed-saml2, and prints what each makes of them, as JSON.
// Arguments: the folder of the packages, the folder of the documents.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [packages, folder] = process.argv.slice(2);
const require = createRequire(path.join(packages, 'package.json'));
const { SAML, ValidateInResponseTo } = require('@node-saml/node-saml');
const { Strategy } = require('passport-wsfed-saml2');

const about = JSON.parse(fs.readFileSync(path.join(folder, 'about.json'), 'utf8'));
const certificate = fs.readFileSync(path.join(folder, 'certificate.pem'), 'utf8');

// The request was sent: the answer has to name it.
const sent = {
  saveAsync: async () => null,
  getAsync: async (id) => (id === about.request ? new Date().toISOString() : null),
  removeAsync: async () => null,
};

async function byNodeSaml(document) {
  const saml = new SAML({
    callbackUrl: about.recipient,
    issuer: about.audience,
    idpIssuer: about.issuer,
    audience: about.audience,
    idpCert: certificate,
    entryPoint: 'https://sts.contoso.example/adfs/ls/',
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: false,
    identifierFormat: null,
    validateInResponseTo: ValidateInResponseTo.always,
    cacheProvider: sent,
    acceptedClockSkewMs: 0,
  });
  const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: Buffer.from(document).toString('base64') });
  return { names: [profile.nameID], values: Object.values(profile.attributes).flat().sort() };
}

function byPassport(document) {
  return new Promise((resolve, reject) => {
    const strategy = new Strategy({
      realm: about.audience,
      identityProviderUrl: 'https://sts.contoso.example/adfs/ls/',
      cert: certificate.replace(/-----[A-Z ]+-----|\s/g, ''),
    }, (profile, done) => done(null, profile));
    strategy.success = (profile) => {
      const claims = Object.entries(profile).filter(([name]) => name.startsWith('http') && !name.endsWith('/nameidentifier'));
      resolve({
        names: [profile['http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier']],
        values: claims.map(([, value]) => value).flat().sort(),
      });
    };
    strategy.fail = (reason) => reject(reason instanceof Error ? reason : new Error(String(reason)));
    strategy.error = reject;
    strategy.redirect = () => reject(new Error('it took the document for no answer'));
    const recipient = new URL(about.recipient);
    strategy.authenticate({
      method: 'POST',
      protocol: 'https',
      originalUrl: recipient.pathname,
      get: (header) => (header === 'host' ? recipient.host : undefined),
      body: { wa: 'wsignin1.0', wresult: document },
      query: {},
    }, {});
  });
}

const verdicts = [];
for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.xml')).sort()) {
  const document = fs.readFileSync(path.join(folder, file), 'utf8');
  const verifier = file.startsWith('saml2') ? ['node-saml', byNodeSaml] : file.startsWith('wsfed') ? ['passport-wsfed-saml2', byPassport] : null;
  if (!verifier) continue;
  const verdict = { verifier: verifier[0], document: path.parse(file).name };
  try {
    verdicts.push({ ...verdict, ...(await verifier[1](document)) });
  } catch (error) {
    verdicts.push({ ...verdict, refused: String(error) });
  }
}
console.log(JSON.stringify(verdicts));
