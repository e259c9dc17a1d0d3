#!/usr/bin/env bash
# A folder that Jekyll 4.3.1, Hugo 0.111.3 (both Debian 12), Hexo 8.1.2, Eleventy 3.1.8 or Pelican 4.12.0 makes a site of, built by
# the generator itself and imported by `import_markdown`: every address that the generator made (posts, pages, lists of categories,
# tags, authors, years and months, aliases, feeds) answers 200, or 301 to the page of that title.
#
# Seen on the way: Jekyll keeps the capitals of "slug: Mixed Case" (/2024/03/05/Mixed-Case.html), Hugo lowers them; Hexo's list of
# categories is one line, each inside the one before; Hexo, Eleventy and Pelican build what says "draft: true" and dates of 2999.
#
# Needs Debian 12 or something that reads its packages (apt-get, dpkg), Node.js with npm, Python 3.11 or newer. Installs into a
# temporary folder alone.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Debian's packages, unpacked beside the system: Ruby has to be told where its libraries are.
mkdir -p debs/partial root npm sites out
apt-get install -qq -y --download-only --no-install-recommends -o "Dir::Cache::archives=$folder/debs" -o Debug::NoLocking=1 \
  jekyll hugo > apt.log
for package in debs/*.deb; do dpkg -x "$package" root; done
sed -i "s#\"/usr/lib/\#{Rb#\"$folder/root/usr/lib/\#{Rb#" root/usr/share/rubygems-integration/all/gems/sassc-*/lib/sassc/native.rb
root=$folder/root
native=$(ls -d "$root"/usr/lib/*-linux-gnu)
jekyll() {
  TZ=UTC LANG=C.UTF-8 LD_LIBRARY_PATH="$native" \
  RUBYLIB="$root/usr/lib/ruby/vendor_ruby:$native/ruby/vendor_ruby/3.1.0:$root/usr/lib/ruby/3.1.0:$native/ruby/3.1.0" \
  GEM_PATH="$root/usr/share/rubygems-integration/all:$root/usr/share/rubygems-integration/3.1.0:$native/rubygems-integration/3.1.0:$root/usr/lib/ruby/gems/3.1.0" \
    "$root/usr/bin/ruby3.1" "$root/usr/bin/jekyll" "$@"
}
(cd npm && npm init -y > /dev/null && npm install --silent hexo@8.1.2 hexo-renderer-marked hexo-renderer-ejs hexo-generator-index \
  hexo-generator-archive hexo-generator-category hexo-generator-tag hexo-generator-feed @11ty/eleventy@3.1.8 > npm.log 2>&1)
"$python" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "pelican[markdown]==4.12.0" "$repository[accounts,assets]"

cd sites
w() { mkdir -p "$(dirname "$1")"; cat > "$1"; }
# Jekyll
w jekyll/_config.yml <<'X'
title: A Jekyll site
timezone: UTC
X
w "jekyll/_layouts/default.html" <<'X'
<!doctype html><title>{{ page.title }}</title><h1>{{ page.title }}</h1>{{ content }}
X
w "jekyll/_posts/2024-03-01-Hello World.md" <<'X'
---
layout: default
title: Hello world
categories: [News Items]
tags: ruby rails
---
First words.
X
w "jekyll/_posts/2024-03-02-two-words.md" <<'X'
---
layout: default
title: Two categories
categories: News Items
tags: [ruby]
author: Ann
---
See [the first]({% post_url 2024-03-01-Hello World %}).
X
w "jekyll/_posts/2024-03-03-late.md" <<'X'
---
layout: default
title: Late at night
date: 2024-03-03 23:30:00 -0500
category: News Items
---
The day follows the zone of the machine.
X
w "jekyll/_posts/2024-03-04-own-address.md" <<'X'
---
layout: default
title: An address of its own
permalink: /own/:year/:title/
---
X
w "jekyll/_posts/2024-03-05-Über uns.md" <<'X'
---
layout: default
title: Über uns
slug: Mixed Case
---
X
w "jekyll/recipes/_posts/2024-03-06-bread.md" <<'X'
---
layout: default
title: Bread
---
X
w "jekyll/about.md" <<'X'
---
layout: default
title: About
permalink: /about/
---
X
w "jekyll/docs/My Page.md" <<'X'
---
layout: default
title: A page in a folder
---
X
w "jekyll/index.md" <<'X'
---
layout: default
title: Home of Jekyll
---
X
w "jekyll/_drafts/unfinished.md" <<'X'
---
layout: default
title: Unfinished
---
X
w "jekyll/_posts/2999-01-01-later.md" <<'X'
---
layout: default
title: Later
---
X
# Hugo
w hugo/config.toml <<'X'
baseURL = "http://example.org/"
title = "A Hugo site"
X
mkdir -p hugo/archetypes
for l in single list terms taxonomy; do w "hugo/layouts/_default/$l.html" <<'X'
<!doctype html><title>{{ .Title }}</title><h1>{{ .Title }}</h1>{{ .Content }}
X
done
cp hugo/layouts/_default/list.html hugo/layouts/index.html
w "hugo/content/_index.md" <<'X'
---
title: Home of Hugo
---
X
w "hugo/content/posts/_index.md" <<'X'
---
title: All posts
---
X
w "hugo/content/posts/Über uns & mehr.md" <<'X'
---
title: Über uns
date: 2024-03-01
tags: [Rye Bread, C++]
categories: [News Items]
---
X
w "hugo/content/posts/My_File.Name.md" <<'X'
+++
title = "A file with dots"
date = 2024-03-02T10:00:00Z
tags = ["rye bread"]
authors = ["Ann"]
+++
X
w "hugo/content/posts/slugged.md" <<'X'
---
title: Slugged
date: 2024-03-03
slug: Mixed Case
aliases: [/old/slugged/, older]
---
X
w "hugo/content/posts/own.md" <<'X'
---
title: Own address
date: 2024-03-04
url: /x/y.html
---
X
w "hugo/content/posts/bundle/index.md" <<'X'
---
title: A bundle
date: 2024-03-05
---
X
w "hugo/content/posts/draft.md" <<'X'
---
title: A draft
date: 2024-03-05
draft: true
---
X
w "hugo/content/posts/embargo.md" <<'X'
---
title: Embargo
date: 2024-03-05
publishDate: 2999-01-01
---
X
w "hugo/content/posts/expired.md" <<'X'
---
title: Expired
date: 2020-03-05
expiryDate: 2021-01-01
---
X
w "hugo/content/about.md" <<'X'
---
title: About
---
X
w "hugo/content/docs/install.md" <<'X'
---
title: Install
---
X
# Hexo
w hexo/_config.yml <<'X'
title: A Hexo site
url: http://example.org
timezone: UTC
theme: plain
feed: {type: atom, path: atom.xml}
X
w hexo/themes/plain/_config.yml <<'X'
X
for l in index post page archive category tag; do w "hexo/themes/plain/layout/$l.ejs" <<'X'
<!doctype html><title><%= page.title || page.category || page.tag || config.title %></title><h1><%= page.title || page.category || page.tag || config.title %></h1><%- page.content %>
X
done
w "hexo/source/_posts/Hello World.md" <<'X'
---
title: Hello world
date: 2024-03-01 10:00:00
tags: [Rye Bread, C++]
categories:
- Kitchen
- Deep Bread
---
First.

<!-- more -->

Rest.
X
w "hexo/source/_posts/own.md" <<'X'
---
title: Own address
date: 2024-03-02 10:00:00
permalink: own/address.html
slug: ignored
---
X
w "hexo/source/_posts/sub/inner.md" <<'X'
---
title: Inner
date: 2024-03-03 10:00:00
categories: [Kitchen]
---
X
w "hexo/source/_posts/future.md" <<'X'
---
title: Future
date: 2999-03-03 10:00:00
draft: true
---
X
w "hexo/source/_posts/Über uns.md" <<'X'
---
title: Über uns
date: 2024-03-04 10:00:00
---
X
w "hexo/source/_drafts/unfinished.md" <<'X'
---
title: Unfinished
---
X
w "hexo/source/about/index.md" <<'X'
---
title: About
---
X
# Eleventy
w eleventy/eleventy.config.js <<'X'
export default function (config) { config.addGlobalData("layout", "base.njk"); return { dir: { input: "." } }; }
X
w eleventy/package.json <<'X'
{"type": "module"}
X
w "eleventy/_includes/base.njk" <<'X'
<!doctype html><title>{{ title }}</title><h1>{{ title }}</h1>{{ content | safe }}
X
w "eleventy/index.md" <<'X'
---
title: Home of Eleventy
---
X
w "eleventy/posts/2024-03-01-first.md" <<'X'
---
title: First
tags: [post, Rye Bread]
---
X
w "eleventy/posts/Mein Text & mehr.md" <<'X'
---
title: Mein Text
date: 2024-03-02
---
X
w "eleventy/posts/own.md" <<'X'
---
title: Own address
date: 2024-03-03
permalink: /own/address.html
---
X
w "eleventy/posts/templated.md" <<'X'
---
title: Templated address
date: 2024-03-04
permalink: "/blog/{{ page.date | date: '%Y' }}/{{ page.fileSlug }}/"
---
X
w "eleventy/posts/future.md" <<'X'
---
title: Future
date: 2999-03-02
draft: true
---
X
w "eleventy/about.md" <<'X'
---
title: About
---
X
# Pelican
w pelican/pelicanconf.py <<'X'
AUTHOR = "Ann"
SITENAME = "A Pelican site"
SITEURL = ""
PATH = "content"
TIMEZONE = "UTC"
DEFAULT_LANG = "en"
FEED_ALL_ATOM = "feeds/all.atom.xml"
FEED_ALL_RSS = "feeds/all.rss.xml"
CATEGORY_FEED_ATOM = "feeds/{slug}.atom.xml"
X
w "pelican/content/Hello World.md" <<'X'
Title: Hello World & more
Date: 2024-03-01 10:00
Category: News Items
Tags: rye bread, C++
Authors: Ann, Bert

First.
X
w "pelican/content/kitchen/2024-03-02-Dated.md" <<'X'
Title: Dated by its name

In the [first]({filename}../Hello World.md).
X
w "pelican/content/slugged.md" <<'X'
Title: Slugged
Date: 2024-03-03
Slug: own-slug

X
w "pelican/content/draft.md" <<'X'
Title: Draft
Date: 2024-03-03
Status: draft

X
w "pelican/content/future.md" <<'X'
Title: Future
Date: 2999-03-03
draft: true

X
w "pelican/content/ueber.md" <<'X'
Title: Über uns: Käse
Date: 2024-03-05

X
w "pelican/content/notitle.md" <<'X'
Date: 2024-03-05

Words.
X
w "pelican/content/pages/about.md" <<'X'
Title: About us

X

(cd jekyll && jekyll build -q -d "$folder/out/jekyll" > "$folder/jekyll.log" 2>&1)
(cd hugo && LD_LIBRARY_PATH="$native" "$root/usr/bin/hugo" --quiet -d "$folder/out/hugo")
cat > hexo/package.json <<'X'
{"name": "site", "hexo": {"version": "8.1.2"}, "dependencies": {"hexo": "8.1.2", "hexo-renderer-marked": "*", "hexo-renderer-ejs": "*", "hexo-generator-index": "*", "hexo-generator-archive": "*", "hexo-generator-category": "*", "hexo-generator-tag": "*", "hexo-generator-feed": "*"}}
X
ln -s "$folder/npm/node_modules" hexo/node_modules
(cd hexo && "$folder/npm/node_modules/.bin/hexo" generate --silent && mv public "$folder/out/hexo" && rm -f node_modules db.json)
(cd eleventy && "$folder/npm/node_modules/.bin/eleventy" --quiet --output="../../out/eleventy" > "$folder/eleventy.log")
(cd pelican && "$folder/venv/bin/pelican" -q content -s pelicanconf.py -o "$folder/out/pelican")

export PYTHONPATH=$repository DJANGO_SETTINGS_MODULE=tests.settings.accounts
cd "$folder"
AI_CMS_TEST_SQLITE=$folder/empty.sqlite3 venv/bin/python -m django migrate -v0
wrong=0
for generator in jekyll hugo hexo eleventy pelican; do
  cp empty.sqlite3 "$generator.sqlite3"
  AI_CMS_TEST_SQLITE=$folder/$generator.sqlite3 venv/bin/python "$repository/findings/static-site-addresses.py" \
    "$generator" "$folder/sites/$generator" "$folder/out/$generator" 2> "$generator.log" || { wrong=1; tail -n 5 "$generator.log"; }
done
exit $wrong
