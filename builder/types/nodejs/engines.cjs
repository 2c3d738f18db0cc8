// builder/types/nodejs/engines.cjs -- loaded into npm before it starts
// (node -r): of the versions that a dependency allows it takes the newest that
// says it runs on DCLOUD_NODE, the node of the service, which is not the node
// that npm itself runs on. npm's own rule is that "*", "" and ranges that the
// latest version is within get the latest, whatever node that needs.

'use strict';

const semver = require('semver');
const path = require.resolve('npm-pick-manifest',
    { paths: ['/usr/share/nodejs/npm/lib'] });
const pick = require(path);
const node = process.env.DCLOUD_NODE;
const loose = { loose: true };

// For a node of before 2015 "says nothing" is not "runs everywhere", while "*"
// is: packages stopped to say anything in those years, later ones begin anew.
const says = (manifest) => {
	const range = manifest.engines && manifest.engines.node;

	return typeof range === 'string' && range.trim() !== '' &&
	    semver.satisfies(node, range, loose);
};

// "*" is what some say to this day. npm writes "^" since 2014, scopes are younger.
const isOfThen = (manifest) =>
	![manifest.dependencies, manifest.devDependencies].some((all) =>
	    Object.entries(all || {}).some(([name, range]) =>
	        name.startsWith('@') || String(range).includes('^')));

const older = (packument, range) => {
	const good = Object.entries(packument.versions || {}).filter(
	    ([version, manifest]) => says(manifest) &&
	        semver.satisfies(version, range, loose));
	const best = good.filter(([, manifest]) => isOfThen(manifest));
	const taken = best.length > 0 ? best : good;

	return taken.length === 0 ? packument :
	    { ...packument, versions: Object.fromEntries(taken) };
};

// Code that makes servers with express (DCLOUD_EXPRESS=2) means express 2 by "*",
// and the templates of its time.
const EXPRESS_2 = { express: '<3', jade: '<1' };

const narrow = (packument, range) => {
	const limit = process.env.DCLOUD_EXPRESS === '2' &&
	    EXPRESS_2[packument.name];
	const both = range + ' ' + limit;

	return limit && semver.validRange(both, loose) && semver.maxSatisfying(
	    Object.keys(packument.versions || {}), both, loose) ? both : range;
};

// 3.0.0rc2 is a version of before "3.0.0-rc2" was the only way to write it.
const normal = (packument) => ({ ...packument, versions: Object.fromEntries(
    Object.entries(packument.versions || {}).map(([version, manifest]) =>
        [semver.valid(version, loose) || version, manifest])) });

require.cache[path].exports = (found, wanted, options) => {
	const packument = normal(found);
	const asked = !wanted || wanted === 'latest' ? '*' : wanted;
	const range = narrow(packument, asked);

	return pick(range === asked && semver.lt(node, '4.0.0') &&
	    semver.validRange(range, loose) && !semver.valid(range, loose) ?
	    older(packument, range) : packument, range,
	    { ...options, nodeVersion: node, defaultTag: ' none' });
};
