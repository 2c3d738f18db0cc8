// builder/types/nodejs/package.cjs -- what the build wants to know of an
// application, asked once: starting node takes longer than the answer.
//
//   package.cjs DIR [WANTED]    prints three lines:
//
// the names of the scripts in package.json, of those that count; which node it
// is for, empty for today's and where WANTED, the service's node_version, says
// it; and why.
//
// Exits with 3 when package.json is no JSON.

'use strict';

const fs = require('fs');

const SCRIPTS = ['start', 'prestart', 'poststart', 'preinstall', 'install',
	'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];

function load(file) {
	if (!fs.existsSync(file))
		return {};
	try {
		return JSON.parse(fs.readFileSync(file, 'utf8')) || {};
	} catch {
		process.exit(3);
	}
}

// What `engines` allows, where the image's node is not of it.
function fromEngines(engines) {
	const semver = require('semver');
	const range = String(engines && engines.node || '');
	const valid = range && semver.validRange(range);

	return valid && !semver.satisfies(process.version, valid) &&
	    range.replace(/\s+/g, ' ');
}

function nodeFor(top, engines) {
	const range = fromEngines(engines);

	if (range)
		return [range, 'package.json says so in engines'];
	try {
		return require('./language.cjs').guess(top) || ['', ''];
	} catch {
		return ['', '']; // Directories that cannot be read: no guess.
	}
}

const [top, wanted] = process.argv.slice(2);
const json = load(top + '/package.json');
const scripts = json.scripts || {};

console.log(SCRIPTS.filter((name) => scripts[name]).join(' '));
console.log((wanted ? ['', ''] : nodeFor(top, json.engines)).join('\n'));
