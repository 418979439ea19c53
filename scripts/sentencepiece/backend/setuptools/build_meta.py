"""A build backend that says a name and a version and builds nothing.

pip asks a source distribution for its metadata even when it is only to download it. With this folder on PYTHONPATH and
--no-build-isolation, nothing of the distribution is run and no build requirement is fetched for that.
"""

import os


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    with open("PKG-INFO", encoding="utf-8") as file:
        fields = dict(line.rstrip("\n").split(": ", 1) for line in file if line.startswith(("Name: ", "Version: ")))
    folder = f"{fields['Name']}-{fields['Version']}.dist-info"
    os.mkdir(os.path.join(metadata_directory, folder))
    with open(os.path.join(metadata_directory, folder, "METADATA"), "w", encoding="utf-8") as file:
        file.write(f"Metadata-Version: 2.1\nName: {fields['Name']}\nVersion: {fields['Version']}\n")
    return folder


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    raise NotImplementedError("nothing is built here")
