# What uWSGI, and plackup, look for: a PSGI application as the last value.
use Dancer;
use Plack::Builder;

get '/' => sub {
    content_type 'text/plain';
    return "Hello from $ENV{DOTCLOUD_PROJECT} on Dancer\n";
};

get '/hello/:name' => sub {
    content_type 'text/plain';
    return sprintf "Hello, %s, in %s\n", param('name'), setting('environment');
};

builder {
    enable 'Runtime';
    dance;
};
