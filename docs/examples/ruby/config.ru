# What `rackup`, and a service of type ruby, looks for.
require "bundler/setup"
require "rack"

run lambda { |env|
  text = "Hello from #{ENV["DOTCLOUD_PROJECT"]} on Rack, " \
         "#{env["PATH_INFO"]} in #{ENV["RACK_ENV"]}\n"
  [200, { "Content-Type" => "text/plain" }, [text]]
}
