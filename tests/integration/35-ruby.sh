#!/bin/bash
# tests/integration/35-ruby.sh -- ruby: Rack behind nginx and Puma, Bundler with
# an index of gems that is an application itself, what 2012 wrote, errors;
# ruby-worker.
. "$(dirname "$0")/lib.sh"
plan 49
platform_up

boxes=$root/boxes/$bridge-i
edit() { sed -i "$1" dotcloud.yml; }

example ruby rack
log=$(dcloud push 2>&1)
is "a push succeeds" $? 0
like "Bundler is seen working" "$log" '\[www\] Using rack [0-9]'
is "Rack answers" "$(get rack /a)" "Hello from rack on Rack, /a in production"
is "public/ is served" "$(get rack /site.css)" 'body { color: darkred }'
like "Bundler finds nothing to do in the second push" "$(dcloud push 2>&1)" \
    'The Gemfile is unchanged: keeping what is installed'
edit 's/production/staging/'
echo 'page' >public/index.html
echo 'about us' >public/about.html
dcloud push >/dev/null 2>&1
is "rack-env counts" "$(get rack /b)" "Hello from rack on Rack, /b in staging"
is "a cached page comes before the application" "$(get rack /about)" "about us"
is "so does that of /" "$(get rack /)" page
is "but not when something is posted" "$(curl -sf -d a=b -H \
    "Host: rack-$user.localhost" "http://$http/about")" \
    "Hello from rack on Rack, /about in staging"
mkdir -p public/static
echo gone >public/static/404.html
echo 'location /files/ { }' >nginx.conf
echo 'gem "puma"' >>Gemfile
dcloud push >/dev/null 2>&1
is "a Gemfile may have its own Puma" "$(get rack /c)" "Hello from rack on Rack, /c in staging"
is "root is public/, for error pages too" "$(curl -s -H "Host: rack-$user.localhost" \
    "http://$http/files/Gemfile")" gone
rm Gemfile
sed -i '/bundler/d' config.ru
dcloud push >/dev/null 2>&1
is "no Gemfile is needed" "$(get rack /d)" "Hello from rack on Rack, /d in staging"

# The registry of this test: what it takes is a directory.
mkdir -p "$root/work/index"
cd "$root/work/index" || exit 1
python3 "$top/tests/integration/35-gems.py" .
echo 'etag off;' >nginx.conf
printf 'www:\n  type: static\n' >dotcloud.yml
dcloud -y create index >/dev/null 2>&1
dcloud push >/dev/null 2>&1
is "the index of gems answers" "$(get index /names | head -n 2 | tail -n 1)" greet

# As people wrote it in 2012, what was on their own machine included.
mkdir -p "$root"/work/old/app/{public,tmp,.bundle}
cd "$root/work/old" || exit 1
dcloud -y create old >/dev/null 2>&1
cat >dotcloud.yml <<'END'
www:
  type: ruby
  approot: app
  exclude_bundler_groups:
    - development
    - test
  config:
    ruby-version: 1.9.3
  environment:
    GREETING: salut
END
cat >app/Gemfile <<END
ENV["http_proxy"] = "http://$(address 1):$http_port"
source 'http://index-$user.localhost'
ruby '1.9.3'

gem 'shout', '~> 2.0'
gem 'swift'
group :test do
  gem 'probe'
end
END
cat >app/Gemfile.lock <<END
GEM
  remote: http://index-$user.localhost/
  specs:
    greet (1.0.0)
    probe (1.0.0)
    shout (2.0.0)
      greet (>= 1.0)
    swift (0.1.0)

PLATFORMS
  x86-mingw32

DEPENDENCIES
  probe
  shout (~> 2.0)
  swift

RUBY VERSION
   ruby 1.9.3p551

BUNDLED WITH
   1.17.3
END
printf -- '---\nBUNDLE_PATH: C:/gems\nBUNDLE_FROZEN: "1"\n' >app/.bundle/config
cat >app/config.ru <<'END'
require 'rubygems'
require 'bundler'
Bundler.require
LOADED = Time.now.to_f
app = Proc.new do |env|
  [ 200, {'Content-Type' => 'text/plain'},
    env.each.map {|k,v| "#{k}=#{v}\n"}.collect ]
end
map '/' do
  run app
end
map '/gems' do
  run lambda {|env| [200, {'Content-Type' => 'text/plain'},
    ["#{SHOUT} #{swift_answer} #{ENV['GREETING']}\n"]]}
end
map '/loaded' do
  run lambda {|env| [200, {'Content-Type' => 'text/plain'}, [LOADED.to_s]]}
end
map '/restart' do
  run lambda {|env| File.write('tmp/restart.txt', '')
    [200, {'Content-Type' => 'text/plain'}, []]}
end
END
log=$(dcloud push 2>&1)
is "an application of 2012 is pushed" $? 0
like "its ruby is warned about" "$log" \
    "WARNING: ruby-version: there is no ruby '1.9.3' here; .* runs on ruby 3\."
is "once" "$(grep -c WARNING <<<"$log")" 1
like "the lock decides" "$log" 'Installing greet 1\.0\.0'
like "extensions are compiled" "$log" 'Installing swift 0\.1\.0 with native extensions'
unlike "groups can be excluded" "$log" 'Installing probe'
like "the gems and the environment are there" "$(get old /gems)" '^GREET 1\.0\.0! 42 salut$'
like "the body may be any enumerable" "$(get old /)" '^REQUEST_METHOD=GET$'
like "the client's address arrives" "$(get old /)" '^HTTP_X_FORWARDED_FOR=[0-9]'
is "there is a lock: the gems are kept" "$(dcloud push 2>&1 |
    grep -cE 'The Gemfile is unchanged|Installing')" 1
like "but not of a clean build" "$(dcloud push --clean 2>&1)" 'Installing shout 2\.0\.0'


before=$(get old /loaded)
is_loaded_again() {
	local now
	now=$(get old /loaded) && [ "$now" != "$before" ]
}
ok "tmp/restart.txt can be touched" get old /restart
ok "and the application is loaded again" wait_until 30 is_loaded_again

# What goes wrong leaves the old one serving. fails NAME REGEX
fails() {
	log=$(dcloud push 2>&1)
	is "$1 fails" $? 2
	like "$1 is explained" "$log" "$2"
}
cp app/config.ru "$root/work/config.ru"
echo "gem 'nonesuch'" >>app/Gemfile
fails "a gem that is not there" "Could not find gem 'nonesuch'"
sed -i /nonesuch/d app/Gemfile
sed -i '/^map/iraise "not today"' app/config.ru
fails "a broken config.ru" 'config.ru:[0-9]+:in .*not today \(RuntimeError\)'
rm app/config.ru
fails "no config.ru" "there is no config.ru in 'app'"
cp "$root/work/config.ru" app/
echo 'nonsense here;' >app/nginx.conf
fails "a broken snippet of nginx" 'unknown directive "nonsense"'
rm app/nginx.conf
edit 's/ruby-version: .*/ruby-version: sapphire/'
fails "a version that is none" "ruby-version: 'sapphire' is no version of ruby; there is 3\."
edit 's/ruby-version: .*/ruby-version: 9.1/'
fails "a version of the future" "there is no ruby '9.1' here; there is 3\."
edit 's/    ruby-version: .*/    rack-env: "a;b"/'
fails "a bad rack-env" "rack-env: 'a;b' is not the name of an environment"
like "the old one still answers" "$(get old /gems)" '^GREET 1\.0\.0! 42 salut$'

# A worker, with gems that come along: no index is asked.
mkdir -p "$root"/work/jobs/vendor/cache
cd "$root/work/jobs" || exit 1
dcloud -y create jobs >/dev/null 2>&1
cp "$root"/work/index/gems/{greet-1.1.0,shout-2.0.0}.gem vendor/cache
cp "$root/work/index/gems/probe-1.0.0.gem" .
printf 'source "http://127.0.0.1:1"\nruby "2.0.0"\ngem "shout"\n' >Gemfile
cat >dotcloud.yml <<'END'
work:
  type: ruby-worker
  requirements: [probe-1.0.0.gem]
END
fails "a worker without a process" 'Nothing says what to run'
printf '[program:w]\ncommand=ruby -e "%s"\n' \
    "require %{probe}; STDOUT.sync = true; puts ENV[%{RACK_ENV}], PROBE; exec %{bundle exec shout; sleep 1e6}" \
    >supervisord.conf
log=$(dcloud push 2>&1)
is "a worker is pushed" $? 0
like "the ruby of a Gemfile is warned about" "$log" \
    "WARNING: ruby of the Gemfile: there is no ruby '2.0.0' here"
like "its gems are those of vendor/cache" "$log" 'Installing shout 2\.0\.0'
like "and of requirements" "$log" 'Successfully installed probe-1\.0\.0'
ok "it has the environment" wait_until 5 grep -qx production "$boxes"*/log/w.log
ok "and all gems" wait_until 5 grep -qx 'GREET 1.1.0!' "$boxes"*/log/w.log
